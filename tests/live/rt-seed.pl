# rt-seed.pl ENVFILE: the world of the live tests, in the database that RT_SITE_CONFIG names. It is told in
# tests/live/README; tests lean on its numbers.
use strict;
use warnings;
use utf8;
use lib '/usr/share/request-tracker5/lib';
use RT;
RT::LoadConfig();
RT->Config->Set(LogToFile => 'error');
RT::Init();
use Encode ();
use MIME::Entity;

my ($envfile) = @ARGV;
my $system = RT->SystemUser;
my $now = time;
my @env;

# Mail and service levels are for the server, not for what was before it.
{
	no warnings qw(redefine once);
	*RT::Scrips::Prepare = sub { 1 };
	*RT::Scrips::Commit = sub { 1 };
	*RT::Ruleset::FindAllRules = sub { [] };
}

sub need {
	my ($what, $id, @said) = @_;
	die "$what: @{[map { $_ // '' } @said]}\n" unless $id;
	return $id;
}

sub made {
	my ($class, %what) = @_;
	my $o = "RT::$class"->new($system);
	need("$class $what{Name}", $o->Create(%what));
	return $o;
}

sub grant {
	my ($group, $object, @rights) = @_;
	need($_, $group->PrincipalObj->GrantRight(Right => $_, Object => $object)) for @rights;
}

# ---- teams and people

my %team;
for my $name ('Team Benefits', 'Team Waste', 'Team Housing', 'Supervisors', 'Readers') {
	my $group = $team{$name} = RT::Group->new($system);
	need($name, $group->CreateUserDefinedGroup(Name => $name));
}

my %user;
for (
	['anna', 'Anna Müller-Østergård', {}, 'Team Benefits'],
	['bram', 'Bram van der Bruggen', {}, 'Team Waste'],
	['chidi', 'Chidi Okonkwo 陳志明', { Timezone => 'Asia/Tokyo' }, 'Team Housing'],
	['sofia', 'Sofía Ibáñez', { Lang => 'nl' }, 'Supervisors', 'Team Benefits', 'Team Waste', 'Team Housing'],
	['remy', 'Rémy Read-Only', {}, 'Readers'],
	)
{
	my ($login, $name, $more, @teams) = @$_;
	my $user = $user{$login} = made(User => Name => $login, RealName => $name, Lang => 'en', %$more,
		EmailAddress => "$login\@council.test", Password => "$login-pass", Privileged => 1);
	need($login, $team{$_}->AddMember($user->PrincipalId)) for @teams;
}

for my $login ('root', sort keys %user) {
	my $user = RT::User->new($system);
	$user->Load($login);
	my ($id, $said, $token) = RT::AuthToken->new($system)->Create(Owner => $user->id, Description => 'tests');
	need('token', $id, $said);
	push @env, "RT_TOKEN_\U$login\E=$token";
}

# ---- queues and who may do what

my @work = qw(SeeQueue ShowTicket ShowTicketComments ShowOutgoingEmail CreateTicket ReplyToTicket CommentOnTicket
	ModifyTicket OwnTicket TakeTicket StealTicket ReassignTicket SeeCustomField ModifyCustomField
	SetInitialCustomField Watch);
my @read = qw(SeeQueue ShowTicket SeeCustomField);
my %queue;
for my $name (qw(Benefits Waste Housing Surge)) {
	my $queue = $queue{$name} = made(Queue => Name => $name, Description => "$name department",
		CorrespondAddress => lc($name) . '@council.test', CommentAddress => lc($name) . '-note@council.test',
		SLADisabled => $name eq 'Surge' ? 0 : 1);
	my @teams = $name eq 'Surge' ? grep(/^Team/, sort keys %team) : ("Team $name");
	grant($team{$_}, $queue, @work) for @teams;
	grant($team{Supervisors}, $queue, @work, 'DeleteTicket');
}
grant($team{Readers}, $queue{Waste}, @read);

my ($everyone, $staff) = (RT::Group->new($system), RT::Group->new($system));
$everyone->LoadSystemInternalGroup('Everyone');
$staff->LoadSystemInternalGroup('Privileged');
grant($everyone, $_, qw(CreateTicket ReplyToTicket)) for map { $queue{$_} } sort keys %queue;
# Of its own queue alone, a field shows its values and not what it is.
grant($staff, RT->System, qw(ModifySelf ManageAuthTokens SeeCustomField SeeGroup));

# ---- fields

my %field;
for (
	['Citizen ID', 'Freeform', 1],
	['Channel', 'Select', 1, qw(phone web desk letter email)],
	['District', 'Select', 1, 'Noord', 'Oud-Zuid', 'Šiška', '北区'],
	['Tags', 'Freeform', 0],
	['Call back', 'DateTime', 1],
	)
{
	my ($name, $type, $most, @values) = @$_;
	my $field = made(CustomField => Name => $name, Type => $type, MaxValues => $most,
		LookupType => RT::Ticket->CustomFieldLookupType);
	my $at = 0;
	$field->AddValue(Name => $_, SortOrder => ++$at) for @values;
	need($name, $field->AddToObject(RT::Queue->new($system)));
	$field{$name} = $field->id;
}

# ---- citizens: the first is in the sample of caseloadd as well

my @citizens;
for (
	['p1.home@example.net', 'Jane Okafor'], ['zoe@example.org', 'Zoë Brontë'], ['lukasz@example.org', 'Łukasz Żółć'],
	['siobhan@example.org', 'Siobhán Ó’Súilleabháin'], ['fatima@example.org', 'فاطمة العلي'],
	['wang@example.org', '王芳'], ['olena@example.org', 'Олена Шевченко'], ['ipek@example.org', 'İpek Yıldız'],
	['yael@example.org', 'יעל כהן'], ['eleni@example.org', 'Ελένη Παπαδόπουλος'],
	)
{
	my ($mail, $name) = @$_;
	made(User => Name => $mail, EmailAddress => $mail, RealName => $name, Privileged => 0, MobilePhone => '+31 6 10855719');
	push @citizens, { mail => $mail, name => $name, id => @citizens ? sprintf('%09d', 100000000 + 37 * @citizens) : '100490656' };
}

# ---- tickets

sub mime {
	my ($subject, $text) = @_;
	return MIME::Entity->build(Type => 'text/plain', Charset => 'UTF-8', Encoding => '8bit',
		Subject => Encode::encode('UTF-8', $subject), Data => [Encode::encode('UTF-8', $text)]);
}

my @letter = (
	"Good morning,\n\nI have called three times. Please let me know when this is dealt with.\n",
	"Bonjour,\n\nMa demande est toujours « en cours » depuis six semaines.\n",
	"السلام عليكم،\n\nلم أتلق أي رد على طلبي حتى الآن.\n",
	"您好：\n\n我的申请已经提交了四个星期，但是还没有收到任何答复。\n",
	"Hello 👋🏽\n\ntab:\there, quote: \"x\", backslash: \\ and " . 'a long line ' x 60 . "\n",
);

my $count = 0;

# One ticket; `by` hands in that it was worked on. Its number.
sub ticket {
	my ($queue, $status, $owner, $priority, $who, $subject, %more) = @_;
	my $citizen = $citizens[$who % @citizens];
	my $days = 1 + $count % 50;
	my $due = RT::Date->new($system);
	$due->Unix($now + 86400 * (12 - $days % 24));
	my $ticket = RT::Ticket->new($system);
	my ($id, undef, $said) = $ticket->Create(Queue => $queue{$queue}->id, Subject => $subject,
		Requestor => [$citizen->{mail}], Status => $status =~ /stalled|deleted/ ? 'open' : $status,
		$owner ? (Owner => $user{$owner}->id) : (), Priority => $priority, Due => $due->ISO,
		MIMEObj => mime($subject, "$letter[$count % @letter]\n$citizen->{name}\n"),
		"CustomField-$field{'Citizen ID'}" => $citizen->{id},
		"CustomField-$field{Channel}" => (qw(phone web desk letter email))[$count % 5],
		"CustomField-$field{District}" => ('Noord', 'Oud-Zuid', 'Šiška', '北区')[$count % 4],
		%more);
	need($subject, $id, $said);
	$ticket->SetStatus($status) if $status =~ /stalled|deleted/;
	worked($id, $owner) if $owner && $count < 60;
	$RT::Handle->dbh->do('UPDATE Tickets SET Created = ?, LastUpdated = ? WHERE id = ?', undef,
		map({ my $d = RT::Date->new($system); $d->Unix($_); $d->ISO } $now - 86400 * $days, $now - 3600 * $days), $id);
	$count++;
	return $id;
}

# A note and an answer of whoever has it.
sub worked {
	my ($id, $owner) = @_;
	my $ticket = RT::Ticket->new(RT::CurrentUser->new($user{$owner}->id));
	$ticket->Load($id);
	$ticket->Comment(MIMEObj => mime('', 'Checked in the base register: the address is right. Документи перевірено.'));
	$ticket->Correspond(MIMEObj => mime('', 'Thank you. We decide within ten working days.')) if $id % 2;
}

$RT::Handle->BeginTransaction;
ticket(Surge => 'open', 'sofia', 90, 0, 'SURGE: energy allowance, all requests');	# 1
ticket(Waste => 'new', undef, 50, 0, 'Missed bin collection');				# 2
ticket(Waste => 'open', 'bram', 70, 1, 'Grofvuil ophalen – afspraak verzetten');	# 3
ticket(Benefits => 'open', 'anna', 95, 3, 'Demande d’aide au logement refusée');	# 4
ticket(Benefits => 'new', undef, 30, 2, 'Überzahlung Wohngeld – Ratenzahlung möglich?');	# 5
ticket(Housing => 'new', undef, 60, 4, 'طلب سكن اجتماعي – عائلة من خمسة أفراد');	# 6
ticket(Housing => 'open', 'chidi', 10, 5, '申请公共住房：轮候名单查询');		# 7
ticket(Waste => 'new', undef, 0, 9, 'Αίτημα για νέο κάδο ανακύκλωσης');		# 8
ticket(Waste => 'resolved', 'bram', 50, 0, 'Container pass does not work');		# 9
ticket(Waste => 'stalled', 'bram', 40, 6, 'Ваучер на відпустку');			# 10
ticket(Waste => 'deleted', undef, 50, 7, 'Deleted by mistake');			# 11
my $merged = ticket(Waste => 'new', undef, 50, 1, 'Grofvuil, again');			# 12
my $waits = ticket(Waste => 'open', 'bram', 50, 2, 'Waits for the new bin');		# 13
ticket(Benefits => 'new', undef, 50, 8, "Control\e[31m and tab\there \x{202e}reversed");	# 14
ticket(Benefits => 'new', undef, 50, 3, 'further to my letter ' x 9 . 'about it');	# 15
{
	my ($into, $on) = map { my $t = RT::Ticket->new($system); $t->Load($_); $t } $merged, $waits;
	need('merge', $into->MergeInto(3));
	need('depends', $on->AddLink(Type => 'DependsOn', Target => 8));
}
my @plain = ('Proof of residence missing', 'Énergie : aide non reçue', 'Bulky waste pick-up: sofa, 2 mattresses',
	'Damp and mould in bedroom', 'エネルギー手当の申請について', 'Neighbour noise at night 🙏');
for my $i (16 .. 60) {
	my $queue = (qw(Waste Benefits Housing))[$i % 3];
	my $owner = (qw(bram anna chidi))[$i % 3];
	my ($status, $who) = (['new', undef], ['open', $owner], ['open', 'sofia'], ['resolved', $owner], ['new', undef])[$i % 5]->@*;
	ticket($queue => $status, $who, $i * 7 % 101, $i, "$plain[$i % @plain] ($i)",
		$i % 4 ? () : ("CustomField-$field{Tags}" => ['urgent', "week $i"]));
}
$RT::Handle->Commit;

# ---- what the surge's parent has: 382 children
$RT::Handle->BeginTransaction;
ticket(Surge => 'new', undef, 50, $_, "Energy allowance not paid ($_)", MemberOf => 1) for 61 .. 442;
$RT::Handle->Commit;

open my $out, '>:utf8', $envfile or die "$envfile: $!\n";
print $out map { "$_\n" } @env;
close $out or die "$envfile: $!\n";
