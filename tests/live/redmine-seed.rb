# rails runner redmine-seed.rb ENVFILE: the world of the live tests. It is told in tests/live/README; tests lean
# on its numbers.
envfile = ARGV[0]
env = {}
ActionMailer::Base.perform_deliveries = false
Redmine::DefaultData::Loader.load('en')

{ rest_api_enabled: '1', login_required: '1', default_language: 'en', default_projects_public: '0',
  self_registration: '0', cross_project_issue_relations: '1', issue_group_assignment: '1',
  mail_from: 'redmine@example.test', attachment_max_size: '30720' }.each { |name, value| Setting[name] = value }

# ---- statuses, trackers, priorities
status = [['New', false], ['In Progress', false], ['Waiting', false], ['Resolved', false], ['Closed', true],
          ['Rejected', true]].to_h do |name, closed|
  s = IssueStatus.find_or_initialize_by(name: name)
  s.update!(is_closed: closed)
  [name, s]
end
trackers = %w[Request Complaint].map { |name| Tracker.create!(name: name, default_status: status['New']) }
priorities = IssuePriority.active.order(:position).to_a

# ---- who may do what: a caseworker cannot close, a supervisor can all, a reader looks
work = %i[view_issues add_issues edit_issues add_issue_notes edit_own_issue_notes view_issue_watchers
          add_issue_watchers manage_issue_relations manage_subtasks view_private_notes set_notes_private
          search_project view_files]
role = { 'Caseworker' => work, 'Supervisor' => work + %i[edit_issue_notes delete_issues], 'Reader' => %i[view_issues] }
role = role.to_h do |name, permissions|
  [name, Role.create!(name: name, permissions: permissions, issues_visibility: 'all', users_visibility: 'all',
                      assignable: name != 'Reader')]
end
steps = { 'New' => ['In Progress', 'Waiting'], 'In Progress' => %w[New Waiting Resolved],
          'Waiting' => ['In Progress', 'Resolved'], 'Resolved' => ['In Progress'] }
trackers.each do |tracker|
  steps.each do |from, tos|
    tos.each do |to|
      WorkflowTransition.create!(tracker: tracker, role: role['Caseworker'], old_status: status[from], new_status: status[to])
    end
  end
  status.values.permutation(2) do |from, to|
    WorkflowTransition.create!(tracker: tracker, role: role['Supervisor'], old_status: from, new_status: to)
  end
end

# ---- people
def person(login, first, last, language: 'en', zone: 'Amsterdam', admin: false)
  u = User.find_by_login(login) || User.new
  u.login = login
  u.assign_attributes(firstname: first, lastname: last, mail: "#{login}@council.test", language: language,
                      admin: admin, must_change_passwd: false, mail_notification: 'only_assigned')
  u.password = u.password_confirmation = "#{login}-pass"
  u.save!(validate: false)
  u.pref.update(time_zone: zone)
  u
end
people = { 'admin' => person('admin', 'Redmine', 'Admin', admin: true),
           'anna' => person('anna', 'Anna', 'Müller-Østergård'), 'bram' => person('bram', 'Bram', "van 't Hoff"),
           'chidi' => person('chidi', 'Chidi', 'Okonkwo 陳志明', zone: 'Tokyo'),
           'sofia' => person('sofia', 'Sofía', 'Ibáñez', language: 'nl'), 'remy' => person('remy', 'Rémy', 'Read-Only') }
teams = { 'Team Benefits' => %w[anna sofia], 'Team Waste' => %w[bram sofia], 'Team Housing' => %w[chidi sofia] }
teams = teams.to_h do |name, members|
  group = Group.create!(name: name)
  members.each { |login| group.users << people[login] }
  [name, group]
end

# ---- departments: private projects; all teams share Surge
project = { 'benefits' => ['Benefits', ['Team Benefits']], 'waste' => ['Waste', ['Team Waste']],
            'housing' => ['Housing', ['Team Housing']], 'surge' => ['Surge', teams.keys] }
project = project.to_h do |id, (name, who)|
  p = Project.new(name: name, is_public: false, enabled_module_names: %w[issue_tracking files], trackers: trackers)
  p.identifier = id
  p.save!
  who.each { |team| Member.create!(project: p, principal: teams[team], roles: [role['Caseworker']]) }
  member = Member.find_or_initialize_by(project: p, user_id: people['sofia'].id)
  member.role_ids |= [role['Supervisor'].id]
  member.save!
  Member.create!(project: p, principal: people['remy'], roles: [role['Reader']]) if id == 'waste'
  [id, p.reload]
end

# ---- fields
field = [['Citizen ID', 'string', { searchable: true, regexp: '\A\d{0,9}\z' }], ['Phone', 'string', { searchable: true }],
         ['Channel', 'list', { possible_values: %w[phone web desk letter email] }],
         ['District', 'list', { possible_values: ['Noord', 'Oud-Zuid', 'Šiška', '北区'] }],
         ['Tags', 'list', { possible_values: %w[urgent elderly interpreter fraud-check], multiple: true }],
         ['Call back', 'date', {}]].to_h do |name, format, more|
  [name, IssueCustomField.create!({ name: name, field_format: format, is_for_all: true, is_filter: true,
                                    trackers: trackers, editable: true, visible: true }.merge(more))]
end

# ---- issues
User.current = people['sofia']
count = 0
issue = lambda do |where, state, who, citizen, subject, **more|
  count += 1
  i = Issue.new({ project: project[where], tracker: trackers[count % 2], author: people['sofia'], subject: subject,
                  status: status['New'], priority: priorities[count % priorities.size],
                  description: "Case #{count}.\n\nWith *wiki* marks & <b>angles</b>, é, 王, 🏠.",
                  start_date: Date.today - count % 30, due_date: count % 3 == 0 ? nil : Date.today + 9 - count % 20 + count % 30 }
                  .merge(more))
  i.start_date = [i.start_date, i.due_date || i.start_date].min
  i.assigned_to = people[who] if who
  i.custom_field_values = { field['Citizen ID'].id.to_s => citizen.zero? ? '100490656' : format('%09d', 100_000_000 + 37 * citizen),
                            field['Phone'].id.to_s => format('+31 6 %08d', 10_855_719 + citizen),
                            field['Channel'].id.to_s => %w[phone web desk letter email][count % 5],
                            field['District'].id.to_s => ['Noord', 'Oud-Zuid', 'Šiška', '北区'][count % 4],
                            field['Tags'].id.to_s => count % 5 == 0 ? %w[elderly interpreter] : [] }
  i.save!
  next i if state == 'New'

  i.reload.init_journal(people[who || 'sofia'], 'Checked in the base register: the address is right.')
  i.status = status[state]
  i.save!
  if count.odd?
    i = Issue.find(i.id) # a reloaded one still has the journal before, and would make that one private
    i.init_journal(people['sofia'], 'Private: check the address first.').private_notes = true
    i.save!
  end
  i
end

Issue.transaction do
  parent = issue.('surge', 'In Progress', 'sofia', 0, 'SURGE: energy allowance, all requests') # 1
  issue.('waste', 'New', nil, 0, 'Missed bin collection')                                      # 2
  issue.('waste', 'In Progress', 'bram', 1, 'Grofvuil ophalen – afspraak verzetten')           # 3
  issue.('benefits', 'In Progress', 'anna', 3, 'Demande d’aide au logement refusée')           # 4
  issue.('benefits', 'New', nil, 2, 'Überzahlung Wohngeld – Ratenzahlung möglich?')            # 5
  issue.('housing', 'New', nil, 4, 'طلب سكن اجتماعي – عائلة من خمسة أفراد')                    # 6
  issue.('housing', 'In Progress', 'chidi', 5, '申请公共住房：轮候名单查询')                     # 7
  issue.('waste', 'New', nil, 9, 'Αίτημα για νέο κάδο ανακύκλωσης')                            # 8
  issue.('waste', 'Resolved', 'bram', 0, 'Container pass does not work')                       # 9
  issue.('waste', 'Waiting', 'bram', 6, 'Ваучер на відпустку')                                 # 10
  deleted = issue.('waste', 'New', nil, 7, 'Deleted by mistake')                               # 11
  issue.('waste', 'Closed', 'bram', 1, 'Grofvuil, again')                                      # 12
  issue.('waste', 'In Progress', 'bram', 2, 'Waits for the new bin')                           # 13
  issue.('benefits', 'New', nil, 8, "Control and tab\there \u202Ereversed")                    # 14
  issue.('benefits', 'New', nil, 3, '長' * 255)                                                # 15
  IssueRelation.create!(issue_from: Issue.find(12), issue_to: Issue.find(3), relation_type: 'duplicates')
  IssueRelation.create!(issue_from: Issue.find(8), issue_to: Issue.find(13), relation_type: 'blocks')
  plain = ['Proof of residence missing', 'Énergie : aide non reçue', 'Bulky waste pick-up: sofa, 2 mattresses',
           'Damp and mould in bedroom', 'エネルギー手当の申請について', 'Neighbour noise at night 🙏']
  (16..60).each do |n|
    where = %w[waste benefits housing][n % 3]
    owner = %w[bram anna chidi][n % 3]
    state, who = [['New', nil], ['In Progress', owner], ['Waiting', 'sofia'], ['Closed', owner], ['New', nil]][n % 5]
    issue.(where, state, who, n % 10, "#{plain[n % 6]} (#{n})")
  end
  (61..80).each { |n| issue.('surge', 'New', nil, n % 10, "Energy allowance not paid (#{n})", parent_issue_id: parent.id) }
  deleted.destroy # last: the next new one would take its number
end

# ---- what tests need to know of it
word = ->(name) { name.upcase.tr(' ', '_') }
people.each { |login, u| env["REDMINE_KEY_#{word.(login)}"] = u.api_key; env["REDMINE_ID_#{word.(login)}"] = u.id }
project.each { |id, p| env["REDMINE_PROJECT_#{word.(id)}"] = p.id }
status.each { |name, s| env["REDMINE_STATUS_#{word.(name)}"] = s.id }
field.each { |name, f| env["REDMINE_CF_#{word.(name)}"] = f.id }
File.write(envfile, env.map { |name, value| "#{name}=#{value}\n" }.join, perm: 0o600)
