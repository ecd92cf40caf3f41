# rt-more.pl COUNT: so many more tickets in the queue Waste, straight into the database, without rules and mails.
use strict;
use warnings;
use lib '/usr/share/request-tracker5/lib';
use RT;
use MIME::Entity;
RT::LoadConfig();
RT::Init();

{
	no warnings qw(redefine once);
	*RT::Scrips::Prepare = sub { 1 };
	*RT::Scrips::Commit = sub { 1 };
	*RT::Ruleset::FindAllRules = sub { [] };
}

my $queue = RT::Queue->new(RT->SystemUser);
$queue->Load('Waste');
for my $i (1 .. $ARGV[0]) {
	my $ticket = RT::Ticket->new(RT->SystemUser);
	my ($id, undef, $said) = $ticket->Create(
		Queue => $queue->id,
		Subject => "Bin number $i was not emptied",
		MIMEObj => MIME::Entity->build(Type => 'text/plain', Charset => 'UTF-8',
			Data => ["Our bin at house number $i, was left full again.\n"]),
		Requestor => 'p' . ($i % 50) . '@example.net',
		Priority => 40,
		Due => '2027-01-15 12:00:00',
	);
	die "$said\n" unless $id;
}
